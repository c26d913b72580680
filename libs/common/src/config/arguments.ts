/**
 * Command line arguments with the Java habit `-DportOffset=N` rewritten to `--port-offset N`, so that start scripts
 * written for WSO2 API Manager keep working. Other `-D` arguments stay as they are and are refused by the parser.
 */
export function withoutJavaStyle(args: readonly string[]): string[] {
  return args.flatMap((argument) => {
    const found = /^-DportOffset=(.*)$/.exec(argument);
    return found?.[1] === undefined ? [argument] : ['--port-offset', found[1]];
  });
}
