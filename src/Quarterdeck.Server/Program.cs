using Quarterdeck.Server.Hosting;

return await ServerProcess.Run(args, Environment.GetEnvironmentVariable);
