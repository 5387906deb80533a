#compdef piecework
# zsh completion of piecework: piecework config completion zsh > "${fpath[1]}/_piecework"
_piecework() {
  local -a next
  local cur="${words[CURRENT]}"
  local -a before=("${(@)words[1,CURRENT-1]}")
  [[ "$cur" == -* ]] && before+=("$cur")
  next=("${(@f)$("${before[@]}" --generate-bash-completion 2>/dev/null)}")
  if [[ -n "${next[1]}" ]]; then
    _describe 'piecework' next
  else
    _files
  fi
}
if [[ "$funcstack[1]" == _piecework ]]; then _piecework "$@"; else compdef _piecework piecework; fi
