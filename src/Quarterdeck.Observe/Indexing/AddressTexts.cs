using System.Text;
using Quarterdeck.Chains.Evm;

namespace Quarterdeck.Observe.Indexing;

/// <summary>
/// The EIP-55 text of addresses as UTF-8, remembered in a table of fixed size: the checksum is a hash, and events name the
/// same accounts over and over. Safe for concurrent use.
/// </summary>
internal sealed class AddressTexts
{
    private const int Slots = 1 << 13;
    private readonly Entry?[] _entries = new Entry?[Slots];

    public ReadOnlySpan<byte> Of(Address address)
    {
        ref var slot = ref _entries[address.GetHashCode() & (Slots - 1)];
        var entry = slot;
        if (entry is null || entry.Address != address) slot = entry = new Entry(address, Encoding.ASCII.GetBytes(address.ToString()));
        return entry.Text;
    }

    private sealed record Entry(Address Address, byte[] Text);
}
