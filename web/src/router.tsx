// The map of the console: one line per page, each loaded when first opened.
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  type RouteComponent,
} from '@tanstack/react-router';
import type { Search } from './parts/place';
import { Broken, NotFound } from './shell/Lost';
import { Shell } from './shell/Shell';

const root = createRootRoute({
  component: Outlet,
  notFoundComponent: NotFound,
  errorComponent: Broken,
  // The query's words are plain text, so that links read well and survive by hand.
  validateSearch: (search: Record<string, unknown>): Search =>
    Object.fromEntries(Object.entries(search).map(([key, value]) => [key, String(value)])),
});

const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell });

const page = (path: string, component: RouteComponent) => createRoute({ getParentRoute: () => shell, path, component });

const door = (path: string, component: RouteComponent) => createRoute({ getParentRoute: () => root, path, component });

const pages = [
  page(
    '/',
    lazyRouteComponent(() => import('./pages/Home'), 'Home'),
  ),
  page(
    '/new',
    lazyRouteComponent(() => import('./pages/NewProject'), 'NewProject'),
  ),
  page(
    '/tokens',
    lazyRouteComponent(() => import('./pages/Tokens'), 'Tokens'),
  ),
  page(
    '/waiting',
    lazyRouteComponent(() => import('./pages/Waiting'), 'WaitingPage'),
  ),
  page(
    '/people',
    lazyRouteComponent(() => import('./pages/People'), 'PeoplePage'),
  ),
  page(
    '/groups',
    lazyRouteComponent(() => import('./govern/Groups'), 'Groups'),
  ),
  page(
    '/groups/$group',
    lazyRouteComponent(() => import('./govern/Group'), 'GroupPage'),
  ),
  page(
    '/roles',
    lazyRouteComponent(() => import('./govern/Roles'), 'RolesPage'),
  ),
  page(
    '/audit',
    lazyRouteComponent(() => import('./govern/Audit'), 'AuditPage'),
  ),
  page(
    '/$ns/$name',
    lazyRouteComponent(() => import('./pages/Overview'), 'Overview'),
  ),
  page(
    '/$ns/$name/tree',
    lazyRouteComponent(() => import('./pages/Tree'), 'Tree'),
  ),
  page(
    '/$ns/$name/file',
    lazyRouteComponent(() => import('./pages/File'), 'File'),
  ),
  page(
    '/$ns/$name/blame',
    lazyRouteComponent(() => import('./pages/Blame'), 'Blame'),
  ),
  page(
    '/$ns/$name/branches',
    lazyRouteComponent(() => import('./pages/Branches'), 'Branches'),
  ),
  page(
    '/$ns/$name/commits',
    lazyRouteComponent(() => import('./pages/Commits'), 'Commits'),
  ),
  page(
    '/$ns/$name/commits/$sha',
    lazyRouteComponent(() => import('./pages/Commit'), 'CommitPage'),
  ),
  page(
    '/$ns/$name/compare',
    lazyRouteComponent(() => import('./pages/Compare'), 'Compare'),
  ),
  page(
    '/$ns/$name/merge-requests',
    lazyRouteComponent(() => import('./pages/MergeRequests'), 'MergeRequests'),
  ),
  page(
    '/$ns/$name/merge-requests/new',
    lazyRouteComponent(() => import('./pages/NewMergeRequest'), 'NewMergeRequest'),
  ),
  page(
    '/$ns/$name/merge-requests/$number',
    lazyRouteComponent(() => import('./pages/MergeRequest'), 'MergeRequestPage'),
  ),
  page(
    '/$ns/$name/merge-requests/$number/$tab',
    lazyRouteComponent(() => import('./pages/MergeRequest'), 'MergeRequestPage'),
  ),
  page(
    '/$ns/$name/pipelines',
    lazyRouteComponent(() => import('./pages/Pipelines'), 'Pipelines'),
  ),
  page(
    '/$ns/$name/pipelines/$id',
    lazyRouteComponent(() => import('./pages/Pipeline'), 'PipelinePage'),
  ),
  page(
    '/$ns/$name/jobs/$id',
    lazyRouteComponent(() => import('./pages/Job'), 'JobPage'),
  ),
  page(
    '/$ns/$name/models',
    lazyRouteComponent(() => import('./pages/Models'), 'Models'),
  ),
  page(
    '/$ns/$name/models/$model',
    lazyRouteComponent(() => import('./pages/Model'), 'ModelPage'),
  ),
  page(
    '/$ns/$name/models/$model/$version',
    lazyRouteComponent(() => import('./pages/Version'), 'VersionPage'),
  ),
  page(
    '/$ns/$name/models/$model/$version/profile',
    lazyRouteComponent(() => import('./pages/Profile'), 'ProfilePage'),
  ),
  page(
    '/$ns/$name/runs',
    lazyRouteComponent(() => import('./pages/Runs'), 'Runs'),
  ),
  page(
    '/$ns/$name/runs/$id',
    lazyRouteComponent(() => import('./pages/Run'), 'RunPage'),
  ),
  page(
    '/$ns/$name/environments',
    lazyRouteComponent(() => import('./pages/Environments'), 'Environments'),
  ),
  page(
    '/$ns/$name/environments/$env',
    lazyRouteComponent(() => import('./deliver/Environment'), 'EnvironmentPage'),
  ),
  page(
    '/$ns/$name/settings',
    lazyRouteComponent(() => import('./pages/Settings'), 'Settings'),
  ),
];

const doors = [
  door(
    '/invitations/$token',
    lazyRouteComponent(() => import('./govern/Invitation'), 'InvitationPage'),
  ),
  door(
    '/setup',
    lazyRouteComponent(() => import('./pages/Setup'), 'Setup'),
  ),
  door(
    '/login',
    lazyRouteComponent(() => import('./pages/SignIn'), 'SignIn'),
  ),
];

export const router = createRouter({
  routeTree: root.addChildren([shell.addChildren(pages), ...doors]),
  defaultPreload: 'intent',
  scrollRestoration: true,
  parseSearch: text => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: search => {
    const words = new URLSearchParams();
    for (const [key, value] of Object.entries(search)) if (value !== undefined) words.set(key, String(value));
    const text = words.toString();
    return text ? `?${text}` : '';
  },
});
