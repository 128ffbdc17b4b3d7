using System.Diagnostics;
using System.Text;

namespace Quarterdeck.Respond.Runs.Services;

/// <summary>What a program came to.</summary>
/// <param name="ExitCode">Its exit code; null where it was ended at its time limit.</param>
internal sealed record CommandResult(int? ExitCode, string Output, string Errors)
{
    public bool Succeeded => ExitCode == 0;
}

/// <summary>There is no such program, or it cannot be started: nothing ran.</summary>
internal sealed class CommandNotStartedException(string message) : Exception(message);

/// <summary>
/// Runs programs by argv, never through a shell: found on the path of the settings, with an environment that holds none of the server's own
/// variables, without input, with limits on time and on what is kept of the output.
/// </summary>
internal sealed class CommandRunner(RunOptions options, TimeProvider clock)
{
    private const int Kept = 65_536;

    // What the tools need to find their own settings. The server's connection strings and keys are not among them.
    private static readonly string[] Passed =
    [
        "HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "KUBECONFIG", "DOCKER_HOST", "DOCKER_CONFIG", "DOCKER_CONTEXT", "XDG_RUNTIME_DIR",
        "DBUS_SESSION_BUS_ADDRESS", "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "NO_PROXY",
    ];

    /// <summary>Runs to its end.</summary>
    /// <exception cref="CommandNotStartedException">It did not start.</exception>
    public async Task<CommandResult> Run(IReadOnlyList<string> argv, TimeSpan limit, CancellationToken cancel)
    {
        var path = options.ToolPath ?? Environment.GetEnvironmentVariable("PATH") ?? "";
        var start = new ProcessStartInfo(Find(argv[0], path))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var word in argv.Skip(1)) start.ArgumentList.Add(word);
        start.Environment.Clear();
        start.Environment["PATH"] = path;
        foreach (var name in Passed)
            if (Environment.GetEnvironmentVariable(name) is { } value) start.Environment[name] = value;
        using var process = Start(start);
        process.StandardInput.Close();
        using var late = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        var (output, errors) = (Read(process.StandardOutput), Read(process.StandardError));
        try
        {
            await process.WaitForExitAsync(either.Token);
            return new CommandResult(process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancel.ThrowIfCancellationRequested();
            return new CommandResult(null, await output, await errors);
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception problem)
        {
            throw new CommandNotStartedException($"{start.FileName} cannot be started: {problem.Message}.");
        }
    }

    // By name only: a path in a runbook would choose the program that runs.
    private static string Find(string program, string path)
    {
        if (program.AsSpan().IndexOfAny('/', '\\') >= 0) throw new CommandNotStartedException($"'{program}' is a path; programs are run by name.");
        foreach (var folder in path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            var file = Path.Combine(folder, program);
            if (File.Exists(file)) return file;
        }

        throw new CommandNotStartedException($"The program '{program}' is not on this server's path.");
    }

    private static async Task<string> Read(StreamReader reader)
    {
        var text = new StringBuilder();
        var buffer = new char[4096];
        while (await reader.ReadAsync(buffer) is > 0 and var read)
        {
            if (text.Length < Kept) text.Append(buffer, 0, Math.Min(read, Kept - text.Length));
        }

        return text.Replace('\0', ' ').ToString().TrimEnd('\n', '\r');
    }
}
