using System.Buffers;
using System.Text.Json;
using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Rpc;

/// <summary>One answer's bytes in a rented buffer that grows as they arrive.</summary>
internal sealed class RpcBody : IDisposable
{
    private byte[] _buffer;

    public RpcBody(int capacity) => _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(1024, capacity));

    public int Length { get; private set; }

    public Memory<byte> Free => _buffer.AsMemory(Length);

    public Span<byte> Written => _buffer.AsSpan(0, Length);

    public void Advance(int count, int limit, string name)
    {
        Length += count;
        if (Length > limit) throw new TransientException($"{name} answered with more than {limit >> 20} MiB. Ask for fewer blocks at once.");
        if (Length < _buffer.Length) return;
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(2L * _buffer.Length, Array.MaxLength));
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    public delegate T Reading<out T>(ReadOnlySpan<byte> bytes, List<RpcMessages.Answer> answers);

    /// <summary>Finds the answers and hands them over; what is not JSON-RPC is a fault of the endpoint that may pass.</summary>
    public T Read<T>(string name, Reading<T> read)
    {
        try
        {
            return read(Written, RpcMessages.Read(Written));
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            throw new TransientException($"{name} gave an answer that cannot be read ({e.Message}): {Excerpt()}", e);
        }
    }

    /// <summary>True for what readers throw over JSON that is not, or not what was asked for: wrong kinds, lengths, ranges.</summary>
    public static bool IsUnreadable(Exception e) =>
        e is JsonException or FormatException or OverflowException or ArgumentException or InvalidOperationException and not RpcRefusedException;

    private string Excerpt() => System.Text.Encoding.UTF8.GetString(Written[..Math.Min(Length, 120)]).ReplaceLineEndings(" ");

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        Length = 0;
    }
}
