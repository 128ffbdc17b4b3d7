namespace Quarterdeck.Respond.Incidents;

/// <summary>Where an incident stands.</summary>
public enum IncidentState
{
    /// <summary>Nobody has taken it yet.</summary>
    Open,

    /// <summary>Someone works on it.</summary>
    Acknowledged,

    /// <summary>Over.</summary>
    Resolved,
}

/// <summary>Where one of an incident's alerts stands.</summary>
public enum IncidentAlertState
{
    /// <summary>Its condition holds.</summary>
    Firing,

    /// <summary>Its condition ended.</summary>
    Resolved,

    /// <summary>The block that caused it was taken back by a reorganisation.</summary>
    Retracted,
}
