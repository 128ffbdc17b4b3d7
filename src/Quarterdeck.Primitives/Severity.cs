namespace Quarterdeck.Primitives;

/// <summary>How bad, for alerts, incidents and findings. Ordered: a greater value is worse.</summary>
public enum Severity
{
    /// <summary>For the record; nobody is woken.</summary>
    Info = 0,

    /// <summary>Someone looks during working hours.</summary>
    Warning = 1,

    /// <summary>Someone is woken now.</summary>
    Critical = 2,
}
