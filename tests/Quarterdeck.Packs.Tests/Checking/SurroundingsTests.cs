using System.Text;
using Quarterdeck.Packs.Checking;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Packs.Tests.Checking;

/// <summary>SQL against a schema, kubectl against manifests: warnings, because either may be a part of what is there.</summary>
public sealed class SurroundingsTests
{
    private static readonly DatabaseSchema Schema = DatabaseSchema.FromSql("""
        -- relay
        CREATE TABLE IF NOT EXISTS public.messages (
          id uuid PRIMARY KEY, status text DEFAULT 'pending' CHECK (status IN ('pending', 'done')), amount numeric(78, 0), created_at timestamptz,
          CONSTRAINT positive CHECK (amount > 0)
        );
        ALTER TABLE messages ADD COLUMN attempts integer;
        CREATE VIEW open_messages AS SELECT * FROM messages;
        """);

    private static IReadOnlyList<Finding> Check(string markdown, CheckScope scope) => RunbookChecker.Check(RunbookParser.Parse("r.md", Encoding.UTF8.GetBytes(markdown)), scope);

    private static IEnumerable<string> Sql(string sql) =>
        Check($"# R\n\n```sql\n{sql}\n```\n", new CheckScope { Contracts = [], Schema = Schema }).Where(f => f.Code is "QD4029" or "QD4030").Select(f => $"{f.Code} {f.Severity} {f.Message.Split('\'')[^2]}");

    [Theory]
    [InlineData("SELECT id, status FROM messages WHERE attempts > 3 ORDER BY created_at DESC;")]
    [InlineData("SELECT count(*) AS waiting FROM open_messages;")]
    [InlineData("SELECT extract(epoch FROM created_at) FROM messages;")]
    [InlineData("SELECT * FROM pg_stat_activity WHERE state = 'active';")]
    [InlineData("SELECT schemaname, tablename FROM pg_tables WHERE schemaname = 'public';")]
    [InlineData("WITH late AS (SELECT * FROM messages WHERE attempts > 9) SELECT count(*) FROM late;")]
    [InlineData("UPDATE messages SET status = 'done', attempts = 0 WHERE id = '5';")]
    [InlineData("INSERT INTO messages (id, status) VALUES ('5', 'pending');")]
    [InlineData("SELECT m.id FROM messages m WHERE m.status = 'from nowhere';")]
    [InlineData("VACUUM ANALYZE messages;")]
    [InlineData("SELECT status AS s, count(*) FROM messages GROUP BY s;")]
    [InlineData("SELECT * FROM messages FOR UPDATE SKIP LOCKED;")]
    [InlineData("SELECT now();")]
    public void What_the_schema_has_is_not_told(string sql) => Assert.Empty(Sql(sql));

    [Theory]
    [InlineData("SELECT * FROM mesages;", "QD4029 Warning mesages")]
    [InlineData("UPDATE message_queue SET status = 'done';", "QD4029 Warning message_queue")]
    [InlineData("SELECT * FROM messages m JOIN payouts p ON p.id = m.id;", "QD4029 Warning payouts")]
    [InlineData("SELECT id FROM messages WHERE retries > 3;", "QD4030 Warning retries")]
    [InlineData("UPDATE messages SET state = 'done' WHERE id = '5';", "QD4030 Warning state")]
    [InlineData("INSERT INTO messages (id, payload) VALUES ('5', '{}');", "QD4030 Warning payload")]
    public void What_the_schema_has_not_is_told(string sql, string told) => Assert.Equal([told], Sql(sql));

    [Fact]
    public void Statements_that_are_sent_by_psql_through_a_container_are_held_too()
    {
        var found = Check("# R\n\n```bash\nkubectl exec pg-0 -- psql -c \"SELECT * FROM mesages\"\ndocker compose exec -T db psql -U x -c 'SELECT id FROM messages'\n```\n", new CheckScope { Contracts = [], Schema = Schema });
        Assert.Equal([4], found.Where(f => f.Code == "QD4029").Select(f => f.Line));
    }

    [Fact]
    public void Objects_and_namespaces_that_no_manifest_defines_are_told()
    {
        var folder = Directory.CreateTempSubdirectory("check-manifests-").FullName;
        File.WriteAllText(Path.Combine(folder, "relay.yaml"), "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  labels: { app: relay }\n  name: relay\n  namespace: ops\nspec: {}\n---\nkind: Service\nmetadata: \n  name: \"relay\"\n");
        var scope = new CheckScope { Contracts = [], Objects = ClusterObjects.FromFolder(folder) };
        var found = Check("""
            # R

            ```bash
            kubectl -n ops rollout restart deployment/relay
            kubectl -n ops rollout restart deploy/relayer
            kubectl -n opps get pods
            kubectl scale deployment relay --replicas=2
            kubectl -n ops get svc relay
            kubectl -n ops delete pod relay-0
            kubectl -n ops get configmap anything
            kubectl -n ops rollout status deployment/$NAME
            ```
            """, scope);
        Directory.Delete(folder, true);
        Assert.Equal(["5 relayer", "6 opps"], found.Where(f => f.Code == "QD4031").Select(f => $"{f.Line} {f.Message.Split('\'')[^2]}"));
    }
}
