using System.CommandLine;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Cli.Audit;
using Quarterdeck.Cli.Keys;
using Quarterdeck.Devnet.Environments;
using Quarterdeck.Primitives;

namespace Quarterdeck.Cli.Api;

/// <summary>
/// Who a command acts as: the owner of a key file, the holder of an API token, or, on the development environment that runs from the
/// state folder, one of its operators by name.
/// </summary>
internal sealed class OperatorConnection : IDisposable
{
    private const string TokenVariable = "QUARTERDECK_TOKEN";
    private const string KeystoreVariable = "QUARTERDECK_KEYSTORE";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly Func<Hash32, byte[]>? _sign;

    private OperatorConnection(ServerApi api, Func<Hash32, byte[]>? sign) => (Api, _sign) = (api, sign);

    public ServerApi Api { get; }

    /// <summary>The options that say where the server is and who acts.</summary>
    public sealed record Options(
        Option<string?> Url, Option<string> State, Option<string?> Keystore, Option<string?> PasswordFile, Option<string?> As)
    {
        public static Options AddTo(Command command)
        {
            var options = new Options(
                AuditServer.UrlOption(), AuditServer.StateOption(),
                new Option<string?>("--keystore")
                {
                    Description = $"Your key file (Foundry, geth). Also {KeystoreVariable}.",
                    HelpName = "FILE",
                },
                new Option<string?>("--password-file") { Description = "A file with its password; otherwise it is asked for.", HelpName = "FILE" },
                new Option<string?>("--as") { Description = "On the development environment: which of its operators acts.", HelpName = "NAME" });
            foreach (var option in new Option[] { options.Url, options.State, options.Keystore, options.PasswordFile, options.As }) command.Options.Add(option);
            return options;
        }

        /// <summary>Connects and signs in.</summary>
        public async Task<OperatorConnection> Connect(ParseResult parsed, CancellationToken cancel)
        {
            var state = Path.GetFullPath(parsed.GetRequiredValue(State));
            var api = new ServerApi(await ServerOf(parsed.GetValue(Url), state, cancel), Patience);
            try
            {
                return await SignIn(api, parsed, state, cancel);
            }
            catch (ApiException refused)
            {
                api.Dispose();
                throw new CommandException($"The server at {api.Url} does not let you in. {refused.Message}");
            }
        }

        private async Task<OperatorConnection> SignIn(ServerApi api, ParseResult parsed, string state, CancellationToken cancel)
        {
            if ((parsed.GetValue(Keystore) ?? Variable(KeystoreVariable)) is { } file)
            {
                var key = await PersonalKey.Open(file, parsed.GetValue(PasswordFile), cancel);
                await api.SignIn(key.Address, key.Sign, cancel);
                return new OperatorConnection(api, key.Sign);
            }

            if (Variable(TokenVariable) is { } token)
            {
                api.UseToken(token);
                return new OperatorConnection(api, null);
            }

            if (parsed.GetValue(Url) is not null)
                throw new CommandException($"Say who you are: --keystore FILE, or an API token in {TokenVariable}.", QuarterdeckCommand.BadInput);
            var name = parsed.GetValue(As) ?? DevnetKeys.OnDuty;
            var operators = (await DevnetKeys.Ensure(state, [], cancel)).Operators;
            if (!operators.TryGetValue(name, out var wallet))
            {
                throw new CommandException(
                    $"The development environment has no operator '{name}'; it has {string.Join(", ", operators.Keys.Order(StringComparer.Ordinal))}.",
                    QuarterdeckCommand.BadInput);
            }

            await api.SignIn(wallet.Address, wallet.Sign, cancel);
            return new OperatorConnection(api, wallet.Sign);
        }

        private static async Task<Uri> ServerOf(string? url, string state, CancellationToken cancel)
        {
            if (url is not null)
            {
                return Uri.TryCreate(url, UriKind.Absolute, out var named) && named.Scheme is "http" or "https"
                    ? named
                    : throw new CommandException($"--url '{url}' is not an http address.", QuarterdeckCommand.BadInput);
            }

            return await EnvironmentFile.Load(state, cancel) is { } running
                ? new Uri(running.Url)
                : throw new CommandException($"Nothing has run from {state}. Start './quarterdeck up', or give --url.");
        }

        private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
    }

    /// <summary>Signs with the operator's wallet, 0x and 130 hex digits.</summary>
    /// <exception cref="CommandException">There is no wallet: an API token signs nothing.</exception>
    public string Sign(Hash32 digest) => _sign is { } sign
        ? Hex.Data(sign(digest))
        : throw new CommandException("An API token signs nothing. Give your key file with --keystore.", QuarterdeckCommand.BadInput);

    public void Dispose() => Api.Dispose();
}
