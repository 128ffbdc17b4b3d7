using System.Runtime.InteropServices;
using Minted.Services;
using Minted.Services.Participant;
using Minted.Services.Relaying;
using Minted.Services.Traffic;
using Minted.Services.Validators;

const string Usage = """
    Minted.Services: the off-chain processes of mUSD on a development chain.

      participant --port N
      validator   --index 1|2|3 --rpc URL --deployment FILE --participant URL --port N --state DIR
      relay       --rpc URL --deployment FILE --validators URL,URL,URL --port N
      traffic     --rpc URL --deployment FILE
    """;

using var stop = new CancellationTokenSource();
using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);

try
{
    var options = new CommandLine(args);
    await (options.Command switch
    {
        "participant" => ParticipantProcess.Run(options, stop.Token),
        "validator" => ValidatorProcess.Run(options, stop.Token),
        "relay" => RelayProcess.Run(options, stop.Token),
        "traffic" => TrafficProcess.Run(options, stop.Token),
        _ => throw new UsageException($"There is no process '{options.Command}'."),
    });
    return 0;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 0;
}
catch (UsageException problem)
{
    await Console.Error.WriteLineAsync(problem.Message);
    await Console.Error.WriteLineAsync(Usage);
    return 2;
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}
