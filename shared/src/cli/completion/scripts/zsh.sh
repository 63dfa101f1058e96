#compdef PROGRAM
# Completes PROGRAM in zsh. `kubectl` completes its plugins by itself: see `completion install-shim`.

_FUNCTION() {
    local -a lines candidates space
    local line directive=0
    lines=("${(@f)$(PROGRAM __complete "${(@)words[2,CURRENT]}" </dev/null 2>/dev/null)}")
    if [[ ${lines[-1]} == :* ]]; then
        directive=${lines[-1]#:}
        lines[-1]=()
    fi
    # `_describe` has a colon between a word and its description.
    for line in $lines; do
        candidates+=("${${line%%$'\t'*}//:/\\:}${${(M)line:#*$'\t'*}:+:${line#*$'\t'}}")
    done
    [[ ${words[CURRENT]} == -*=* ]] && compset -P '*='
    (( directive & 2 )) && space=(-S '')
    if (( ${#candidates} )); then
        _describe PROGRAM candidates "${space[@]}"
    elif (( directive & 16 )); then
        _files -/
    elif (( (directive & 4) == 0 )); then
        _files
    fi
}

# As a file of fpath it is called itself; where it is sourced, it registers.
if [[ ${funcstack[1]} == _PROGRAM || ${funcstack[1]} == _FUNCTION ]]; then
    _FUNCTION "$@"
else
    compdef _FUNCTION PROGRAM
fi
