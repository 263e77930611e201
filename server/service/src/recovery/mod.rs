//! The server's own upkeep: closing at the start what the last run left open, the heartbeat, the sweeps.
