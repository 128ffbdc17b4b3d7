namespace Quarterdeck.Respond.Tests.Runs;

/// <summary>Programs on a path of their own that write down the words they are called with.</summary>
internal sealed class FakeTools : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("quarterdeck-tools-");

    public string Folder => _folder.FullName;

    /// <summary>Every call so far, its words between bars: <c>kubectl|get|deployment/relay</c>.</summary>
    public IReadOnlyList<string> Calls => File.Exists(Log) ? File.ReadAllLines(Log) : [];

    private string Log => Path.Combine(Folder, "calls.log");

    /// <summary>Makes a program; <paramref name="body"/> is what it does after the words are written down.</summary>
    public FakeTools Add(string name, string body)
    {
        var file = Path.Combine(Folder, name);
        File.WriteAllText(file, $$"""
            #!/bin/sh
            PATH=/usr/bin:/bin
            line={{name}}
            for word in "$@"; do line="$line|$word"; done
            echo "$line" >> {{Log}}
            state={{Folder}}
            {{body}}
            """);
        if (OperatingSystem.IsWindows()) throw new PlatformNotSupportedException("The fake tools are shell scripts.");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return this;
    }

    /// <summary>A kubectl whose deployment has a generation that every change raises.</summary>
    public FakeTools AddKubectl() => Add("kubectl", """
        [ -f $state/generation ] || echo 1 > $state/generation
        [ -f $state/replicas ] || echo 3 > $state/replicas
        case "$*" in
          *"--output=json"*) echo "{\"metadata\":{\"generation\":$(cat $state/generation)},\"spec\":{\"replicas\":$(cat $state/replicas)},\"status\":{\"readyReplicas\":$(cat $state/replicas)}}" ;;
          *scale*) echo $(($(cat $state/generation) + 1)) > $state/generation; for word in "$@"; do case "$word" in --replicas=*) echo "${word#--replicas=}" > $state/replicas ;; esac; done; echo scaled ;;
          *restart*) echo $(($(cat $state/generation) + 1)) > $state/generation; echo restarted ;;
          *logs*) echo "line one"; echo "$QUARTERDECK_DATABASE" ;;
          *) echo ok ;;
        esac
        """);

    public void Dispose() => _folder.Delete(recursive: true);
}
