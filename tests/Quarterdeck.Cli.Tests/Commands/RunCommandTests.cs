using System.Text.Json;
using Quarterdeck.Cli.Tests.Api;

namespace Quarterdeck.Cli.Tests.Commands;

/// <summary>A run managed from a terminal: what is sent to the server, and what is printed.</summary>
[Collection("console")]
public sealed class RunCommandTests : IDisposable
{
    private const string Paused =
        """
        {"id":"run_1","pack":"musd","runbook":"emergency-pause","title":"Emergency pause","state":"paused","proposedBy":"operator:carol","createdAt":"2026-03-01T03:00:00Z",
         "stepsDone":1,"stepsTotal":3,"pendingPlan":null,"reason":"an exploit","error":"Step 2 failed: no role","plans":[],"steps":[
          {"index":1,"kind":"send","text":"cast send $A \"pause()\"","state":"done","output":"verified: true","error":null,"transaction":{"state":"confirmed","hash":"0xabc"}},
          {"index":2,"kind":"manual","text":"Call the exchange","state":"waiting","output":null,"error":null,"transaction":null},
          {"index":3,"kind":"http","text":"curl -X POST …","state":"unknown","asked":true,"output":null,"error":"The answer was lost.","transaction":null},
          {"index":4,"kind":"decision","text":"Reserve ratio","state":"waiting","output":null,"error":null,"transaction":null,"branches":["below 0.9","otherwise"]}]}
        """;

    private readonly ScriptedServer _server = new();
    private readonly string? _token = Environment.GetEnvironmentVariable("QUARTERDECK_TOKEN");

    public RunCommandTests() => Environment.SetEnvironmentVariable("QUARTERDECK_TOKEN", "qda_1");

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("QUARTERDECK_TOKEN", _token);
        _server.Dispose();
    }

    [Fact]
    public async Task A_run_is_shown_with_the_command_for_each_thing_that_it_waits_for()
    {
        _server.On("GET", "/api/runs/run_1", _ => (200, Paused));
        var (code, text) = await Run("run", "show", "run_1");
        Assert.Equal(0, code);
        Assert.Contains("paused: Step 2 failed: no role", text, StringComparison.Ordinal);
        Assert.Contains("quarterdeck run confirm run_1 2 --text", text, StringComparison.Ordinal);
        Assert.Contains("quarterdeck run resolve run_1 3 --happened yes|no", text, StringComparison.Ordinal);
        Assert.Contains("0 = below 0.9; 1 = otherwise; 2 = none of them", text, StringComparison.Ordinal);
        Assert.Contains("quarterdeck run resume run_1 --reason", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pause")]
    [InlineData("resume")]
    [InlineData("abort")]
    public async Task A_run_is_stopped_and_goes_on_with_a_reason(string verb)
    {
        var reason = "";
        _server.On("POST", $"/api/runs/run_1/{verb}", body => (200, Said(out reason, body.GetProperty("reason").GetString()!)));
        Assert.Equal(0, (await Run("run", verb, "run_1", "--reason", "the market is calm")).Code);
        Assert.Equal("the market is calm", reason);
        Assert.NotEqual(0, (await Run("run", verb, "run_1")).Code);
    }

    [Theory]
    [InlineData("yes", true)]
    [InlineData("no", false)]
    public async Task An_outcome_that_was_lost_is_told(string word, bool happened)
    {
        JsonElement sent = default;
        _server.On("POST", "/api/runs/run_1/steps/3/resolve", body =>
        {
            sent = body.Clone();
            return (200, """{"state":"done"}""");
        });
        var (code, text) = await Run("run", "resolve", "run_1", "3", "--happened", word, "--text", "seen in the exchange's log");
        Assert.Equal(0, code);
        Assert.Equal("Recorded. Step 3 is done.", text);
        Assert.Equal((happened, "seen in the exchange's log"), (sent.GetProperty("happened").GetBoolean(), sent.GetProperty("text").GetString()));
        Assert.NotEqual(0, (await Run("run", "resolve", "run_1", "3", "--happened", "perhaps", "--text", "x")).Code);
    }

    [Fact]
    public async Task A_branch_is_chosen_and_a_manual_step_confirmed()
    {
        JsonElement branch = default, manual = default;
        _server.On("POST", "/api/runs/run_1/steps/4/branch", body =>
        {
            branch = body.Clone();
            return (200, """{"state":"done"}""");
        });
        _server.On("POST", "/api/runs/run_1/steps/2/confirm", body =>
        {
            manual = body.Clone();
            return (200, """{"state":"done"}""");
        });
        Assert.Equal(0, (await Run("run", "branch", "run_1", "4", "1", "--reason", "the oracle is stale")).Code);
        Assert.Equal(0, (await Run("run", "confirm", "run_1", "2", "--text", "called, they halted deposits")).Code);
        Assert.Equal((1, "the oracle is stale"), (branch.GetProperty("branch").GetInt32(), branch.GetProperty("reason").GetString()));
        Assert.Equal("called, they halted deposits", manual.GetProperty("text").GetString());
    }

    [Fact]
    public async Task Watching_ends_with_the_run_and_says_by_its_exit_code_how()
    {
        _server.On("GET", "/api/runs/run_1", _ => (200, Paused.Replace("\"paused\"", "\"failed\"", StringComparison.Ordinal)));
        Assert.Equal(1, (await Run("run", "watch", "run_1")).Code);
        _server.On("GET", "/api/runs/run_1", _ => (200, Paused.Replace("\"paused\"", "\"succeeded\"", StringComparison.Ordinal)));
        Assert.Equal(0, (await Run("run", "watch", "run_1")).Code);
    }

    private static string Said(out string into, string said)
    {
        into = said;
        return "{}";
    }

    private async Task<(int Code, string Output)> Run(params string[] arguments)
    {
        var (before, output) = (Console.Out, new StringWriter());
        Console.SetOut(output);
        try
        {
            return (await QuarterdeckCommand.Run([.. arguments, "--url", _server.Url.ToString()], CancellationToken.None), output.ToString().Trim());
        }
        finally
        {
            Console.SetOut(before);
        }
    }
}
