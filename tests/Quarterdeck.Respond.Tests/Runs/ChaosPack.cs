using Quarterdeck.Chains.Evm;
using Quarterdeck.Devnet.Chain;

namespace Quarterdeck.Respond.Tests.Runs;

/// <summary>
/// Contracts that count their calls, so that a write that is done twice is seen: nothing in them refuses the second. One for each
/// runbook, so that runs go on beside each other.
/// </summary>
internal sealed class ChaosPack : IDisposable
{
    /// <summary>Writes of a run.</summary>
    public const int Writes = 2;

    /// <summary>Contracts, runbooks and sending accounts.</summary>
    public const int Lanes = 8;

    public const string Marked = "0x1111111111111111111111111111111111111111111111111111111111111111";

    // count += 1; emit Marked(argument)
    private const string Counting = "0x5f546001015f55" + "602060045f37" + "7f1111111111111111111111111111111111111111111111111111111111111111" + "60205fa1" + "00";

    private const string Abi =
        """
        [{"type":"function","name":"mark","inputs":[{"type":"uint256","name":"what"}],"outputs":[],"stateMutability":"nonpayable"}]
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("quarterdeck-chaos-");

    public ChaosPack(Uri endpoint)
    {
        Write("abis/Counter.json", Abi);
        Write("protocol.yaml", "name: test\ntitle: Test\nchains:\n  ethereum: { family: evm }\ncontracts:\n"
            + string.Concat(Each(i => $"  C{i}: {{ chain: ethereum, abi: abis/Counter.json, variable: C{i} }}\n")));
        Write("policies.yaml", "policies:\n  two: { approvals: 2, roles: [approver], requesterCounts: false, expires: 2h }\nclasses: { other: two }\n");
        Write("environments/test.yaml",
            $"name: test\nkind: devnet\nchains: {{ ethereum: {{ id: \"eip155:31337\", endpoints: [\"{endpoint}\"], blockTime: 1s, confirmations: 1 }} }}\ncontracts:\n"
            + string.Concat(Each(i => $"  C{i}: \"{AddressOf(i)}\"\n")) + "accounts:\n"
            + string.Concat(Each(i => $"  a{i}: {{ address: \"{AccountOf(i)}\", unlocked: true }}\n")));
        foreach (var i in Enumerable.Range(0, Lanes))
        {
            var sends = Enumerable.Range(1, Writes).Select(what => $"cast send $C{i} \"mark(uint256)\" {what} --account a{i}\n");
            Write($"runbooks/mark-{i}.md", $"---\ntitle: Mark {i}\npolicy: two\n---\n\n# Mark {i}\n\n```bash\n{string.Concat(sends)}```\n");
        }
    }

    public string Folder => _folder.FullName;

    public static Address AddressOf(int lane) => Address.Parse($"0x{lane + 1:x2}0000000000000000000000000000000000c4a0");

    /// <summary>The well-known development accounts.</summary>
    public static string AccountOf(int lane) => Devnet.Keys.DevKey.Account((uint)lane).Address.ToString();

    public static async Task PutContracts(DevnetRpc rpc)
    {
        foreach (var i in Enumerable.Range(0, Lanes)) await rpc.Send("anvil_setCode", [AddressOf(i).ToString(), Counting], CancellationToken.None);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static IEnumerable<string> Each(Func<int, string> line) => Enumerable.Range(0, Lanes).Select(line);

    private void Write(string path, string text)
    {
        var file = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
