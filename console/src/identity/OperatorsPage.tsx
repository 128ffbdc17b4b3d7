import { Page } from "../kit/Page";
import { Credentials } from "./Credentials";
import { useMe } from "./me";
import { OperatorPages } from "./OperatorPages";
import { Sessions } from "./Sessions";
import { Tokens } from "./Tokens";

/** Oneself: what one signs with, where one is signed in, and the tokens of one's programs. */
export function OperatorsPage() {
  const { operator } = useMe();
  return (
    <Page title="Operators" lead={`You are ${operator.name}: ${operator.roles.join(", ") || "no role"}.`}>
      <OperatorPages />
      <Credentials />
      <Sessions />
      <Tokens />
    </Page>
  );
}
