using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;
using Npgsql;

namespace Quarterdeck.Store.Reading;

/// <summary>How rows become one type: a scalar, a tuple by position, or an object by names.</summary>
internal sealed class RowShape
{
    private static readonly ConcurrentDictionary<Type, RowShape> Known = new();
    private readonly Type _type;
    private readonly bool _scalar;
    private readonly ConstructorInfo? _constructor;

    private RowShape(Type type)
    {
        _type = type;
        _scalar = ColumnValue.IsScalar(type);
        if (_scalar) return;
        _constructor = type.GetConstructors().Where(c => !IsCopy(c)).MaxBy(c => c.GetParameters().Length);
        if (_constructor is null && !type.IsValueType)
            throw new NotSupportedException($"{type.Name} has no public constructor, so rows cannot be read into it.");
    }

    public static RowShape Of(Type type) => Known.GetOrAdd(type, static t => new RowShape(t));

    public Func<NpgsqlDataReader, object?> Bind(NpgsqlDataReader reader)
    {
        if (_scalar) return ColumnValue.Reader(_type, 0, reader);
        var byPosition = typeof(ITuple).IsAssignableFrom(_type) && _type.IsValueType;
        var parameters = _constructor?.GetParameters() ?? [];
        var names = Enumerable.Range(0, reader.FieldCount).ToLookup(i => Plain(reader.GetName(i)));
        var used = new HashSet<int>();
        var arguments = new Func<NpgsqlDataReader, object?>[parameters.Length];
        for (var i = 0; i < parameters.Length; i++)
        {
            var column = byPosition ? i : First(names, parameters[i].Name!);
            if (column >= 0 && column < reader.FieldCount)
            {
                used.Add(column);
                arguments[i] = ColumnValue.Reader(parameters[i].ParameterType, column, reader);
            }
            else if (parameters[i].HasDefaultValue)
            {
                var value = parameters[i].DefaultValue;
                arguments[i] = _ => value;
            }
            else
            {
                throw new InvalidOperationException(
                    $"The query has no column for '{parameters[i].Name}' of {_type.Name}; it has "
                    + string.Join(", ", Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)) + ".");
            }
        }

        var setters = _type.GetProperties()
            .Where(p => p.SetMethod?.IsPublic == true)
            .Select(p => (Property: p, Column: First(names, p.Name)))
            .Where(p => p.Column >= 0 && !used.Contains(p.Column))
            .Select(p => (p.Property, Read: ColumnValue.Reader(p.Property.PropertyType, p.Column, reader)))
            .ToArray();
        var create = _constructor is null ? null : ConstructorInvoker.Create(_constructor);
        return row =>
        {
            var values = new object?[arguments.Length];
            for (var i = 0; i < values.Length; i++) values[i] = arguments[i](row);
            var item = create is null ? RuntimeHelpers.GetUninitializedObject(_type) : create.Invoke(values.AsSpan());
            foreach (var (property, read) in setters) property.SetValue(item, read(row));
            return item;
        };
    }

    private static int First(ILookup<string, int> names, string name) =>
        names[Plain(name)].Select(i => (int?)i).FirstOrDefault() ?? -1;

    private static string Plain(string name) => name.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();

    private static bool IsCopy(ConstructorInfo constructor) =>
        constructor.GetParameters() is [{ } only] && only.ParameterType == constructor.DeclaringType;
}
