using System.Runtime.CompilerServices;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Observe.Indexing.Backfilling;
using Quarterdeck.Primitives;

namespace Quarterdeck.Observe.Indexing;

/// <summary>Which tables a log goes to, and what to ask a node for so that none is missed.</summary>
internal sealed class LogRouter
{
    /// <summary>Above this many contracts a node is asked for the events of all, and what is not ours is passed over.</summary>
    private const int MostAddresses = 1000;

    private readonly EventRowWriter[] _writers;
    private readonly Dictionary<Address, List<Route>> _byAddress = [];
    private readonly Dictionary<string, List<int>> _byFactory = [];
    private readonly Dictionary<(string Factory, Address Address), ulong> _announced = [];
    private readonly FactoryEvent[] _factories;

    public LogRouter(string chain, IReadOnlyList<EventTableDefinition> tables)
    {
        Tables = tables;
        var addresses = new AddressTexts();
        _writers = [.. tables.Select(t => new EventRowWriter(chain, t, addresses))];
        _factories = [.. tables.SelectMany(t => t.Source.Factory?.Line() ?? []).DistinctBy(f => f.Name).OrderBy(f => f.Depth)];
        for (var i = 0; i < tables.Count; i++)
        {
            if (tables[i].Source.Factory is not { } factory) Add(tables[i].Source.Address, new Route(i, 0));
            else if (_byFactory.TryGetValue(factory.Name, out var list)) list.Add(i);
            else _byFactory[factory.Name] = [i];
        }

        foreach (var factory in _factories) _byFactory.TryAdd(factory.Name, []);
        Topics = tables.Any(t => t.Event.Anonymous) || _factories.Any(f => f.Event.Anonymous)
            ? []
            : [[.. tables.Select(t => t.Event.Topic0).Concat(_factories.Select(f => f.Event.Topic0)).Distinct()]];
    }

    /// <summary>The tables, whose places are the numbers in a <see cref="RowBatch"/>.</summary>
    public IReadOnlyList<EventTableDefinition> Tables { get; }

    /// <summary>True where some contracts become known by events only.</summary>
    public bool HasFactories => _factories.Length > 0;

    /// <summary>The contracts to ask for; empty to ask for all. Meaningless where there is no table.</summary>
    public IReadOnlyList<Address> Addresses =>
        [.. AllAddresses() is { Count: <= MostAddresses } few ? few : []];

    /// <summary>What to ask a node for as topics.</summary>
    public IReadOnlyList<IReadOnlyList<Hash32>?> Topics { get; }

    /// <summary>How many announcements can stand before an event, where contracts that announce are announced themselves.</summary>
    public int Depth => _factories.Length == 0 ? 0 : _factories[^1].Depth + 1;

    /// <summary>Who announces at a depth, as far as they are known, by what, and how such a log is read; null where nobody does yet.</summary>
    public (IReadOnlyList<Address> Addresses, IReadOnlyList<IReadOnlyList<Hash32>?> Topics, TakeLog Take)? Announcers(int depth)
    {
        var factories = _factories.Where(f => f.Depth == depth).ToList();
        // As it is now: reading goes on beside the noting of what was read.
        var known = new Dictionary<(string, Address), ulong>(_announced);
        var addresses = factories.SelectMany(f => f.Parent is null
            ? new[] { f.Announcer }
            : known.Keys.Where(k => k.Item1 == f.Parent.Name).Select(k => k.Item2)).Distinct().ToList();
        if (addresses.Count == 0) return null;
        return (addresses.Count <= MostAddresses ? addresses : [],
            factories.Exists(f => f.Event.Anonymous) ? [] : [[.. factories.Select(f => f.Event.Topic0).Distinct()]],
            (RowBatch batch, scoped in LogFields log) => ReadAnnouncement(factories, key => Since(known, key), batch, log));
    }

    /// <summary>The statement that takes a table's rows.</summary>
    public string CopyCommand(int table) => _writers[table].CopyCommand;

    /// <summary>Forgets what was announced at a height or above.</summary>
    public void ForgetFrom(ulong height)
    {
        foreach (var key in _announced.Where(a => a.Value >= height).Select(a => a.Key).ToList())
        {
            _announced.Remove(key);
            var tables = _byFactory[key.Factory];
            if (_byAddress.TryGetValue(key.Address, out var routes)) routes.RemoveAll(r => tables.Contains(r.Table));
        }
    }

    /// <summary>Takes note of an announced contract; true where it was not known, or known from a later block only.</summary>
    public bool Announce(string factory, Address address, ulong block)
    {
        if (!_byFactory.TryGetValue(factory, out var tables)) return false;
        if (_announced.TryGetValue((factory, address), out var before))
        {
            if (before <= block) return false;
            if (_byAddress.TryGetValue(address, out var routes)) routes.RemoveAll(r => tables.Contains(r.Table));
        }

        _announced[(factory, address)] = block;
        foreach (var table in tables) Add(address, new Route(table, block));
        return true;
    }

    /// <summary>Appends a log to the rows of each table that takes it. A malformed one is counted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Write(RowBatch batch, scoped in LogFields log)
    {
        if (!_byAddress.TryGetValue(log.Address, out var routes)) return;
        foreach (var route in routes)
        {
            // A contract's logs count from the block that announced it, whether they were read with it or after it.
            if (log.BlockNumber < route.From) continue;
            try
            {
                var timeAt = _writers[route.Table].Write(batch.Of(route.Table), log);
                if (timeAt >= 0) batch.Added(route.Table, timeAt, log);
            }
            catch (AbiException)
            {
                batch.Undecodable++;
            }
        }
    }

    /// <summary>Adds the contracts that the log announces to the batch, and takes note of them.</summary>
    public void ReadAnnouncement(RowBatch batch, scoped in LogFields log)
    {
        var before = batch.Announced.Count;
        ReadAnnouncement(_factories, key => Since(_announced, key), batch, log);
        foreach (var one in batch.Announced.Skip(before)) Announce(one.Factory, one.Address, one.Block);
    }

    /// <summary>The contracts that these logs, in their order, announce; nothing is noted.</summary>
    public IReadOnlySet<Address> FindAnnounced(IEnumerable<EvmLog> logs)
    {
        var known = new Dictionary<(string, Address), ulong>();
        using var found = new RowBatch(Tables.Count);
        foreach (var log in logs)
        {
            var before = found.Announced.Count;
            ReadAnnouncement(_factories, key => Since(_announced, key) ?? Since(known, key), found, IndexWriter.Fields(log, 0));
            foreach (var one in found.Announced.Skip(before)) known.TryAdd((one.Factory, one.Address), one.Block);
        }

        return found.Announced.Select(a => a.Address).ToHashSet();
    }

    private static void ReadAnnouncement(
        IReadOnlyList<FactoryEvent> factories, Func<(string Factory, Address Address), ulong?> since, RowBatch batch, scoped in LogFields log)
    {
        foreach (var factory in factories)
        {
            var isAnnouncer = factory.Parent is { } parent
                ? since((parent.Name, log.Address)) <= log.BlockNumber
                : log.Address == factory.Announcer;
            if (!isAnnouncer || !factory.Decoder.TryRead(log.Topics, log.Data, out var reader)) continue;
            try
            {
                batch.Announced.Add(new Announcement(factory.Name, reader.Address(factory.Position), log.BlockNumber, log.BlockHash, log.LogIndex));
            }
            catch (AbiException)
            {
                batch.Undecodable++;
            }
        }
    }

    private static ulong? Since(Dictionary<(string, Address), ulong> announced, (string, Address) key) =>
        announced.TryGetValue(key, out var block) ? block : null;

    private HashSet<Address> AllAddresses() =>
        [
            .. _byAddress.Where(a => a.Value.Count > 0).Select(a => a.Key), .. _factories.Select(f => f.Announcer),
            .. _announced.Keys.Where(a => _factories.Any(f => f.Parent?.Name == a.Factory)).Select(a => a.Address),
        ];

    private void Add(Address address, Route route)
    {
        if (_byAddress.TryGetValue(address, out var routes)) routes.Add(route);
        else _byAddress[address] = [route];
    }

    private readonly record struct Route(int Table, ulong From);
}
