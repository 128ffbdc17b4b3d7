namespace Quarterdeck.Server.Identity;

/// <summary>A browser's or client's name, short enough to recognise one's own device by.</summary>
internal static class Agent
{
    private static readonly (string Mark, string Name)[] Browsers =
        [("quarterdeck", "Quarterdeck CLI"), ("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"), ("curl/", "curl")];

    private static readonly (string Mark, string Name)[] Systems =
        [("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux")];

    /// <summary>Such as <c>Chrome on Linux</c>; never the raw header, which anyone can fill with anything.</summary>
    public static string Describe(string userAgent)
    {
        var browser = Browsers.FirstOrDefault(b => userAgent.Contains(b.Mark, StringComparison.OrdinalIgnoreCase)).Name ?? "Unknown client";
        var system = Systems.FirstOrDefault(s => userAgent.Contains(s.Mark, StringComparison.OrdinalIgnoreCase)).Name;
        return system is null ? browser : $"{browser} on {system}";
    }
}
