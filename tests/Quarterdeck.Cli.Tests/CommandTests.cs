namespace Quarterdeck.Cli.Tests;

[Collection("console")]
public sealed class CommandTests
{
    [Fact]
    public void Every_command_class_is_a_word_of_the_root_command()
    {
        var words = QuarterdeckCommand.Create().Subcommands.Select(command => command.Name).ToList();

        Assert.Contains("up", words);
        Assert.Contains("reset", words);
        Assert.Contains("drill", words);
        Assert.Equal(words.Distinct(), words);
    }

    [Fact]
    public async Task A_fault_that_no_pack_has_is_refused_with_those_that_are_known()
    {
        var state = Directory.CreateTempSubdirectory("cli-").FullName;

        var (code, error) = await Run("drill", "earthquake", "--state", state);

        Assert.Equal(QuarterdeckCommand.BadInput, code);
        Assert.StartsWith("No pack has a fault or a runbook 'earthquake'. ", error, StringComparison.Ordinal);
        Assert.Contains("supply-cap-breach", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resetting_an_environment_that_runs_is_refused()
    {
        var state = Directory.CreateTempSubdirectory("cli-").FullName;
        using var running = Devnet.Environments.StateLock.TryTake(state);

        var (code, error) = await Run("reset", "--state", state);

        Assert.Equal(1, code);
        Assert.StartsWith($"An environment runs from {state}. Stop it first with Ctrl-C", error, StringComparison.Ordinal);
        Assert.True(Directory.Exists(state));
    }

    [Fact]
    public async Task Resetting_forgets_the_folder()
    {
        var state = Directory.CreateTempSubdirectory("cli-").FullName;
        await File.WriteAllTextAsync(Path.Combine(state, "up.json"), "{}");

        Assert.Equal(0, (await Run("reset", "--state", state)).Code);

        Assert.False(Directory.Exists(state));
    }

    [Fact]
    public async Task A_taken_port_is_named_with_what_to_do_and_nothing_is_left_running()
    {
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        var port = ((System.Net.IPEndPoint)taken.LocalEndpoint).Port;
        var state = Directory.CreateTempSubdirectory("cli-").FullName;

        var (code, error) = await Run("up", "--state", state, "--port", $"{port}");

        Assert.Equal(1, code);
        Assert.StartsWith($"Port {port}, meant for the console, is taken.", error, StringComparison.Ordinal);
        Assert.False(Devnet.Environments.StateLock.IsHeld(state));
    }

    private static async Task<(int Code, string Error)> Run(params string[] args)
    {
        var (before, error) = (Console.Error, new StringWriter());
        Console.SetError(error);
        try
        {
            return (await QuarterdeckCommand.Run(args, CancellationToken.None), error.ToString().Trim());
        }
        finally
        {
            Console.SetError(before);
        }
    }
}
