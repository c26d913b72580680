import type { Environment } from '@keygate/common/config';
import { loadConfig, settingsOf, sharedSettings } from '@keygate/common/config';
import { writeCertificate } from '@keygate/common/tls';
import { Command } from 'commander';
import { z } from 'zod';
import { roles, sourcesOf } from '../configuration.js';

/** `keygate certs issue`: certificates for gateways and key managers on other machines. */
export function certsCommand(env: Environment): Command {
  const issue = new Command('issue').description('issue a certificate from the CA of the data folder');
  issue
    .requiredOption('--cn <name>', 'common name, also the name of the files')
    .requiredOption('--out <folder>', 'where ca.crt, <name>.crt and <name>.key are written')
    .option('--hosts <names>', 'comma-separated host names and addresses the certificate is for')
    .option('--data-dir <folder>', 'data folder that holds the CA; one is made when there is none')
    .option('--config <file>', 'settings file')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
The certificate is good for servers and for clients. Files that are still valid are left as they are.

Examples:
  $ keygate certs issue --cn gateway-2 --out certs
  $ keygate certs issue --cn key-manager --hosts km.example.com,10.0.0.5 --out /etc/keygate`,
    )
    .action(async (options: { cn: string; out: string; hosts?: string; json?: boolean }) => {
      const written = await writeCertificate(dataDirOf(issue, env), options.out, {
        commonName: options.cn,
        hosts:
          options.hosts
            ?.split(',')
            .map((host) => host.trim())
            .filter(Boolean) ?? [],
      });
      console.log(options.json ? JSON.stringify(written, null, 2) : Object.values(written).join('\n'));
    });
  return new Command('certs').description('issue certificates').addCommand(issue);
}

/** Only the data folder matters here, so nothing else in the environment is judged. */
function dataDirOf(command: Command, env: Environment): string {
  const { file, flags } = sourcesOf(command, env);
  const schema = z.strictObject(sharedSettings);
  const known = settingsOf(schema).flatMap((leaf) => leaf.meta.env ?? []);
  const relevant = Object.fromEntries(known.map((name) => [name, env[name]]));
  return loadConfig({ schema, sections: Object.values(roles), env: relevant, flags, file }).config.dataDir;
}
