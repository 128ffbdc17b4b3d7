using System.CommandLine;
using System.Text;
using Quarterdeck.Chains.Evm;

namespace Quarterdeck.Cli.Commands;

/// <summary>Keccak-256 of text or of 0x-prefixed bytes, as cast's keccak.</summary>
internal sealed class KeccakCommand : Command
{
    public KeccakCommand() : base("keccak", "Keccak-256 of text, or of bytes in hex after 0x.")
    {
        var data = new Argument<string>("data") { Description = "Text, or bytes as 0x and hex digits. Read from the input where left out.", Arity = ArgumentArity.ZeroOrOne };
        Arguments.Add(data);
        SetAction(parsed =>
        {
            var text = parsed.GetValue(data) ?? Console.In.ReadToEnd();
            if (!text.StartsWith("0x", StringComparison.Ordinal))
            {
                parsed.InvocationConfiguration.Output.WriteLine(Keccak256.Hash(Encoding.UTF8.GetBytes(text)).ToString());
                return 0;
            }

            if (!Hex.TryParseData(text, out var bytes))
                throw new CommandException($"'{text}' starts with 0x but is not hex with an even number of digits.", QuarterdeckCommand.BadInput);
            parsed.InvocationConfiguration.Output.WriteLine(Keccak256.Hash(bytes).ToString());
            return 0;
        });
    }
}
