/** A sextant's arcs over a deck line, with the lamp. */
export function Mark({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" fill="none" strokeWidth={2.6} strokeLinecap="round" aria-hidden>
      <path d="M6 22A13 13 0 0 1 26 10.5" stroke="currentColor" />
      <path d="M11 22a8 8 0 0 1 12.5-6.6" stroke="var(--qd-brass)" />
      <path d="M5 25.5h22" stroke="currentColor" />
      <circle cx={17.5} cy={21} r={2.2} fill="var(--qd-brass)" />
    </svg>
  );
}
