using Quarterdeck.Cli;

return await QuarterdeckCommand.Run(args, CancellationToken.None);
