const over = new Set(["succeeded", "failed", "aborted"]);

/** A run that will not move again. */
export const isOver = (state: string) => over.has(state);
