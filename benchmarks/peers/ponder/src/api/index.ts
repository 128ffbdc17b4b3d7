import { Hono } from "hono";

// Ponder demands an API; readiness is asked at its own /ready.
export default new Hono();
