/**
 * All routes of the API: a topic is one file and one line here.
 * @module
 */
import type { Route } from "../http/route.ts";
import { accessRoutes } from "./access.ts";
import { deviceRoutes } from "./device.ts";
import { packageRoutes } from "./packages.ts";
import { searchRoutes } from "./search.ts";
import { serviceRoutes } from "./service.ts";
import { trustRoutes } from "./trust.ts";

/** The route table. */
export const ROUTES: readonly Route[] = [
  ...packageRoutes,
  ...searchRoutes,
  ...accessRoutes,
  ...deviceRoutes,
  ...trustRoutes,
  ...serviceRoutes,
];
