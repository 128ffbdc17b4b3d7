using System.Globalization;

namespace Minted.Services;

/// <summary>Lines on standard output: time, process, what happened. The same line is not repeated while nothing else happens.</summary>
internal sealed class Log(string process, TimeProvider clock)
{
    private string _last = "";

    public void Say(string text)
    {
        if (text == _last) return;
        _last = text;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.GetUtcNow():HH:mm:ss} {process}: {text}"));
    }
}
