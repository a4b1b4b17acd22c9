export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** The completion script of a shell. Each asks the program itself, so that a script never goes stale. */
export function completionScript(shell: Shell): string {
  return scripts[shell];
}

const scripts: Record<Shell, string> = {
  bash: `_dataplat() {
  local IFS=$'\\n'
  COMPREPLY=($(dataplat completion candidates -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _dataplat dataplat`,
  zsh: `#compdef dataplat
_dataplat() {
  local -a found
  found=("\${(@f)$(dataplat completion candidates -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${found[1]}" ]]; then compadd -a found; else _files; fi
}
compdef _dataplat dataplat`,
  fish: `function __dataplat_candidates
  set -l words (commandline -opc) (commandline -ct)
  dataplat completion candidates -- $words[2..-1] 2>/dev/null
end
complete -c dataplat -f -a '(__dataplat_candidates)'`,
};
