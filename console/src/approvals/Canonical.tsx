import { Code, Stack, Text } from "@mantine/core";
import { Hash } from "../kit/Hash";

/** The hash that is signed, and the text it is the hash of. */
export function Canonical({ hash, canonical, of }: { hash: string; canonical: string; of: string }) {
  return (
    <Stack gap="xs">
      <Hash value={hash} full label={`hash of the ${of}`} />
      <Text size="sm" c="dimmed">
        SHA-256 of the canonical {of} below (RFC 8785). Any change to it voids every signature.
      </Text>
      <details>
        <summary>Canonical {of}</summary>
        <Code
          block
          mt="xs"
          style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere", background: "var(--qd-inset)" }}
        >
          {canonical}
        </Code>
      </details>
    </Stack>
  );
}
