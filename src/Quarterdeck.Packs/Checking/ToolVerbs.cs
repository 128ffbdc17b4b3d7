namespace Quarterdeck.Packs.Checking;

/// <summary>The verbs that <c>docker</c>, <c>docker compose</c> and <c>systemctl</c> have.</summary>
internal static class ToolVerbs
{
    private static readonly string[] Compose =
    [
        "alpha", "attach", "bridge", "build", "commit", "config", "convert", "cp", "create", "down", "events", "exec", "export", "images", "kill", "logs", "ls", "pause", "port", "ps",
        "publish", "pull", "push", "restart", "rm", "run", "scale", "start", "stats", "stop", "top", "unpause", "up", "version", "volumes", "wait", "watch",
    ];

    // The verbs of docker's groups stand here too: a step keeps the verb behind "container", "image", "volume" and their kind.
    private static readonly string[] Docker =
    [
        "attach", "build", "builder", "buildx", "checkpoint", "commit", "config", "connect", "container", "context", "cp", "create", "demote", "diff", "disable", "disconnect", "df", "enable",
        "events", "exec", "export", "history", "image", "images", "import", "info", "init", "inspect", "install", "join", "join-token", "kill", "leave", "load", "login", "logout", "logs", "ls",
        "manifest", "network", "node", "pause", "plugin", "port", "promote", "prune", "ps", "pull", "push", "remove", "rename", "restart", "rm", "rmi", "rollback", "run", "save", "scale",
        "search", "secret", "service", "services", "stack", "start", "stats", "stop", "swarm", "system", "tag", "tasks", "top", "trust", "unlock", "unlock-key", "unpause", "up", "update",
        "version", "volume", "wait", "ca", "deploy", "dial-stdio", "scout", "sbom", "debug", "desktop", "model", "mcp", "extension", "slim", "compose", "help",
    ];

    private static readonly string[] Systemd =
    [
        "add-requires", "add-wants", "bind", "cancel", "cat", "clean", "condreload", "condrestart", "condstop", "daemon-reexec", "daemon-reload", "default", "disable", "edit", "emergency",
        "enable", "exit", "force-reload", "freeze", "get-default", "halt", "help", "hibernate", "hybrid-sleep", "import-environment", "is-active", "is-enabled", "is-failed",
        "is-system-running", "isolate", "kexec", "kill", "link", "list-automounts", "list-dependencies", "list-jobs", "list-machines", "list-paths", "list-sockets", "list-timers",
        "list-unit-files", "list-units", "log-level", "log-target", "logs", "mask", "mount-image", "poweroff", "preset", "preset-all", "reboot", "reenable", "reload", "reload-or-restart",
        "rescue", "reset-failed", "restart", "revert", "service-log-level", "service-log-target", "service-watchdogs", "set-default", "set-environment", "set-property", "show",
        "show-environment", "sleep", "soft-reboot", "start", "status", "stop", "suspend", "suspend-then-hibernate", "switch-root", "thaw", "try-reload-or-restart", "try-restart", "unmask",
        "unset-environment", "whoami",
    ];

    /// <summary>The verbs of a service driver.</summary>
    public static IReadOnlyList<string> Of(string driver) => driver switch { "compose" => Compose, "docker" => Docker, _ => Systemd };
}
