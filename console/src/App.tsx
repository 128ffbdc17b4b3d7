import { Center, Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Navigate, Route, Routes, useLocation } from "react-router";
import { AlertsPage } from "./alerts/AlertsPage";
import { NotificationsPage } from "./alerts/NotificationsPage";
import { SilencesPage } from "./alerts/SilencesPage";
import { ApiProblem, rememberCsrf } from "./api/client";
import type { Me } from "./api/contract";
import { LiveUpdates } from "./api/live";
import { me } from "./api/queries";
import { BreakGlassPage } from "./approvals/BreakGlassPage";
import { PlanPage } from "./approvals/PlanPage";
import { StandingDetailPage } from "./approvals/StandingDetailPage";
import { StandingPage } from "./approvals/StandingPage";
import { AuditPage } from "./audit/AuditPage";
import { DashboardsPage } from "./dashboards/DashboardsPage";
import { LinkPage } from "./identity/LinkPage";
import { MeContext } from "./identity/me";
import { OperatorsPage } from "./identity/OperatorsPage";
import { PeoplePage } from "./identity/PeoplePage";
import { RequestsPage } from "./identity/RequestsPage";
import { ReviewPage } from "./identity/ReviewPage";
import { SignInPage } from "./identity/SignInPage";
import { IncidentPage } from "./incidents/IncidentPage";
import { IncidentsPage } from "./incidents/IncidentsPage";
import { Empty, Failure } from "./kit/Answer";
import { OverviewPage } from "./overview/OverviewPage";
import { DangerPage } from "./readiness/DangerPage";
import { IndexingPage } from "./indexing/IndexingPage";
import { RehearsalsPage } from "./rehearsals/RehearsalsPage";
import { RunbookPage } from "./runbooks/RunbookPage";
import { RunbooksPage } from "./runbooks/RunbooksPage";
import { RunPage } from "./runs/RunPage";
import { RunsPage } from "./runs/RunsPage";
import { Shell } from "./shell/Shell";

export function App() {
  return (
    <Routes>
      <Route path="/link" element={<LinkPage />} />
      <Route path="/sign-in" element={<SignInPage />} />
      <Route path="*" element={<SignedIn />} />
    </Routes>
  );
}

function SignedIn() {
  const location = useLocation();
  const answer = useQuery<Me | null>({ ...me, refetchInterval: 60_000 } as never);
  if (answer.data === null || (answer.error instanceof ApiProblem && answer.error.status === 401)) {
    const next = location.pathname + location.search;
    return <Navigate to={next === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(next)}`} replace />;
  }
  if (!answer.data) {
    return (
      <Center mih="100dvh" p="md">
        {answer.error ? (
          <Failure error={answer.error} retry={() => void answer.refetch()} />
        ) : (
          <Loader aria-label="Loading" />
        )}
      </Center>
    );
  }
  rememberCsrf(answer.data.csrf);
  return (
    <MeContext value={answer.data}>
      <LiveUpdates>
        <Shell>
          <Routes>
            <Route index element={<OverviewPage />} />
            <Route path="dashboards" element={<DashboardsPage />} />
            <Route path="dashboards/:pack/:name" element={<DashboardsPage />} />
            <Route path="alerts" element={<AlertsPage />} />
            <Route path="alerts/silences" element={<SilencesPage />} />
            <Route path="alerts/notifications" element={<NotificationsPage />} />
            <Route path="incidents" element={<IncidentsPage />} />
            <Route path="incidents/:id" element={<IncidentPage />} />
            <Route path="runs" element={<RunsPage />} />
            <Route path="runs/:id" element={<RunPage />} />
            <Route path="plans/:hash" element={<PlanPage />} />
            <Route path="runbooks" element={<RunbooksPage />} />
            <Route path="runbooks/:pack/:slug" element={<RunbookPage />} />
            <Route path="indexing" element={<IndexingPage />} />
            <Route path="rehearsals" element={<RehearsalsPage />} />
            <Route path="danger" element={<DangerPage />} />
            <Route path="audit" element={<AuditPage />} />
            <Route path="approvals" element={<Navigate to="/approvals/standing" replace />} />
            <Route path="approvals/standing" element={<StandingPage />} />
            <Route path="approvals/standing/:hash" element={<StandingDetailPage />} />
            <Route path="approvals/break-glass" element={<BreakGlassPage />} />
            <Route path="operators/people" element={<PeoplePage />} />
            <Route path="operators/requests" element={<RequestsPage />} />
            <Route path="operators/review" element={<ReviewPage />} />
            <Route path="operators" element={<OperatorsPage />} />
            <Route path="*" element={<Empty title="There is no such page">Choose one from the navigation.</Empty>} />
          </Routes>
        </Shell>
      </LiveUpdates>
    </MeContext>
  );
}
