using System.Runtime.InteropServices;
using Quarterdeck.Primitives;
using Quarterdeck.Server.Identity;
using Quarterdeck.Store;

namespace Quarterdeck.Server.Hosting;

/// <summary>The process: reads its settings, refuses clearly what it cannot start with, and runs one of its commands.</summary>
internal static class ServerProcess
{
    /// <summary>Exit codes: 0 done, 1 refused, 2 wrong use.</summary>
    public static async Task<int> Run(string[] args, Func<string, string?> variable)
    {
        try
        {
            if (args is ["index", ..])
            {
                using var stop = new CancellationTokenSource();
                using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => End(signal, stop));
                using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => End(signal, stop));
                return await IndexCommand.Run(args, variable, Console.Error, stop.Token);
            }

            var settings = ServerSettings.Read(variable);
            await using var app = await Composition.Build(settings, variable, trustSeals: args is not ["reseal"]);
            if (args is ["link", ..])
            {
                return await LinkCommand.Run(
                    args, app.Services.GetRequiredService<Operators>(), app.Services.GetRequiredService<Links>(), settings.PublicUrl,
                    Console.Out, Console.Error, CancellationToken.None);
            }

            if (args is ["reseal"])
            {
                var (operators, credentials) = await app.Services.GetRequiredService<SealAdoption>().Reseal(
                    Primitives.Audit.Actor.Cli("reseal"), "somebody on the server's machine vouches for the operators as they stand", CancellationToken.None);
                await Console.Out.WriteLineAsync($"{operators} operators and {credentials} credentials are sealed; everybody signs in anew.");
                return 0;
            }

            if (args.Length > 0)
            {
                await Console.Error.WriteLineAsync(
                    $"'{args[0]}' is no command. Use none (serve), reseal, link --operator NAME [--roles a,b], link --first, or: {IndexCommand.Usage}.");
                return 2;
            }

            await app.RunAsync();
            return 0;
        }
        catch (Exception refusal) when (refusal is StartRefusedException or SchemaException or TransientException or IOException)
        {
            await Console.Error.WriteLineAsync("Quarterdeck does not start:");
            foreach (var line in refusal.Message.Split('\n')) await Console.Error.WriteLineAsync($"  {line.TrimEnd()}");
            return 1;
        }
    }

    private static void End(PosixSignalContext signal, CancellationTokenSource stop)
    {
        signal.Cancel = true;
        stop.Cancel();
    }
}
