using System.Runtime.CompilerServices;

namespace Quarterdeck.Primitives.Audit;

/// <summary>Splits a stream at newlines with one buffer, whatever the stream holds.</summary>
internal static class LineReader
{
    /// <summary>
    /// The lines without their newline; each is valid until the next is asked for. Of a line longer than the maximum one byte more than
    /// the maximum is given and the rest skipped.
    /// </summary>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> Read(
        Stream stream, int maximum, [EnumeratorCancellation] CancellationToken cancel)
    {
        var buffer = new byte[Math.Max(maximum + 1, 256 * 1024)];
        var (start, end) = (0, 0);
        var skipping = false;
        while (true)
        {
            int newline;
            while ((newline = buffer.AsSpan(start, end - start).IndexOf((byte)'\n')) >= 0)
            {
                if (!skipping) yield return buffer.AsMemory(start, newline);
                skipping = false;
                start += newline + 1;
            }

            if (!skipping && end - start > maximum)
            {
                yield return buffer.AsMemory(start, maximum + 1);
                skipping = true;
            }

            if (skipping) start = end;
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
            var read = await stream.ReadAsync(buffer.AsMemory(end), cancel);
            if (read == 0) break;
            end += read;
        }

        if (end > 0 && !skipping) yield return buffer.AsMemory(0, end);
    }
}
