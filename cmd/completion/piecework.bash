# bash completion of piecework: source <(piecework config completion bash)
_piecework() {
  local cur="${COMP_WORDS[COMP_CWORD]}" words=("${COMP_WORDS[@]:0:COMP_CWORD}") next
  [[ "$cur" == -* ]] && words+=("$cur")
  next=$("${words[@]}" --generate-bash-completion 2>/dev/null) || return
  mapfile -t COMPREPLY < <(compgen -W "$next" -- "$cur")
}
complete -o bashdefault -o default -F _piecework piecework
