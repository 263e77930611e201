// The pages that belong to no room: the way in, a closed door, a wrong address, a failure.

import { LockOutlined, QuestionCircleOutlined } from "@ant-design/icons";
import { Button, Spin } from "antd";
import { Suspense } from "react";
import { Link, Navigate, useRouteError } from "react-router";
import { holdsAny, useMe } from "@/api/me";
import { term } from "@/api/terms";
import { useLanguage, useWords } from "@/lib/language";
import { paths } from "@/lib/paths";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNote } from "@/ui/ErrorNote";
import { PageBody } from "@/ui/PageHeader";
import { rooms, type Room } from "./rooms";
import { appWords } from "./words";

export function RoomPage({ room }: { room: Room }) {
  const me = useMe();
  const language = useLanguage();
  const say = useWords(appWords);
  if (!holdsAny(me, room.rights)) {
    const names = room.rights.map((right) => term("right", right, language)).join(" / ");
    return <EmptyState icon={<LockOutlined aria-hidden />} title={say.noRight} next={say.noRightNext(names)} />;
  }
  return (
    <Suspense fallback={<Spin description={say.loading} style={{ display: "block", margin: "20vh auto" }} />}>
      <room.Page />
    </Suspense>
  );
}

export function HomePage() {
  const me = useMe();
  const say = useWords(appWords);
  const first = rooms.find((room) => !room.aside && holdsAny(me, room.rights));
  if (!first) return <EmptyState icon={<LockOutlined aria-hidden />} title={say.noRoom} next={say.noRoomNext} />;
  return <Navigate to={first.path.replace(/\/\*$/, "")} replace />;
}

export function NotFoundPage() {
  const say = useWords(appWords);
  return (
    <EmptyState icon={<QuestionCircleOutlined aria-hidden />} title={say.notFound} next={say.notFoundNext}>
      <Link to={paths.home}>{say.goHome}</Link>
    </EmptyState>
  );
}

export function CrashPage() {
  const error = useRouteError();
  const say = useWords(appWords);
  return (
    <PageBody>
      <ErrorNote error={error} />
      <p>
        <Button onClick={() => window.location.reload()}>{say.reload}</Button>
      </p>
    </PageBody>
  );
}
