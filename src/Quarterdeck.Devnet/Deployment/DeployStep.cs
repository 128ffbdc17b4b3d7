namespace Quarterdeck.Devnet.Deployment;

/// <summary>One step of contracts/deploy.yaml. Arguments are texts, a list as <c>[a,b]</c>; see <see cref="DeployValues"/>.</summary>
/// <param name="Line">1-based line in the file.</param>
/// <param name="Account">Who sends it.</param>
internal abstract record DeployStep(int Line, string Account);

/// <summary>Creates a contract, behind an ERC-1967 proxy where one is described.</summary>
internal sealed record DeployContract(
    int Line, string Account, string Name, string Artifact, IReadOnlyList<string> Arguments, DeployProxy? Proxy) : DeployStep(Line, Account);

/// <summary>The call that initialises a proxy.</summary>
internal sealed record DeployProxy(string Initialize, IReadOnlyList<string> Arguments);

/// <summary>Calls a deployed contract.</summary>
internal sealed record DeployCall(
    int Line, string Account, string Contract, string Function, IReadOnlyList<string> Arguments, string? Value) : DeployStep(Line, Account);
