import { TextInput } from "@mantine/core";

/** The name of the target, typed by hand, where a call frees funds or moves them. */
export function TypedName({ word, value, change }: { word: string; value: string; change: (value: string) => void }) {
  return (
    <TextInput
      label={
        <>
          Type <strong>{word}</strong> to confirm its target
        </>
      }
      value={value}
      onChange={(event) => change(event.currentTarget.value)}
      autoComplete="off"
      autoCapitalize="none"
      spellCheck={false}
    />
  );
}
