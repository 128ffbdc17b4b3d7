const rank: Record<string, number> = { critical: 0, high: 1, warning: 2, medium: 2, low: 3, info: 4 };

/** The worst first. */
export const rankOf = (severity: string | null | undefined) => rank[(severity ?? "").toLowerCase()] ?? 5;
