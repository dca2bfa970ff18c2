/** Replaces `$(NAME)` by the variable's value; `$$` stands for a dollar sign, unknown names stay as they are. */
export function expand(text: string, environment: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\$|\$\(([^()]+)\)/g, (whole, name: string | undefined) => {
    if (name === undefined) return '$';
    return (Object.hasOwn(environment, name) ? environment[name] : undefined) ?? whole;
  });
}
