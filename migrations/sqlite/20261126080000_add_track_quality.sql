-- How good each track was, interval by interval: sums, from which rates and shares are made when they are read.

CREATE TABLE track_quality (
    track TEXT NOT NULL,
    from_ms BIGINT NOT NULL,
    to_ms BIGINT NOT NULL,
    span_ms BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    expected BIGINT NOT NULL,
    missed BIGINT NOT NULL,
    lost BIGINT NOT NULL,
    jitter_ms BIGINT NOT NULL,
    rtt_ms BIGINT,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    viewers TEXT NOT NULL,
    PRIMARY KEY (track, from_ms)
);
CREATE INDEX track_quality_ended ON track_quality (to_ms);

-- Which sessions a track was sent under.
CREATE INDEX subscriptions_track ON subscriptions (track);
