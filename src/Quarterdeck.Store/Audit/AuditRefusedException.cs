namespace Quarterdeck.Store.Audit;

/// <summary>The log's key will not sign: what the database holds does not continue what was signed before. A person must look.</summary>
public sealed class AuditRefusedException : Exception
{
    internal AuditRefusedException(string message) : base(message)
    {
    }
}
