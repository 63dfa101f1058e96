# Completes PROGRAM in bash. `kubectl` completes its plugins by itself: see `completion install-shim`.

_FUNCTION() {
    # bash takes `--flag=value` and `a:b` apart.
    local words=() word joined=
    for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
        if [[ ${#words[@]} -gt 0 && ( $joined || $word == [=:]* ) ]]; then
            words[${#words[@]}-1]+=$word
        else
            words+=("$word")
        fi
        [[ $word == *[=:] ]] && joined=1 || joined=
    done

    local lines=() line directive=0
    while IFS= read -r line; do
        lines+=("${line%%$'\t'*}")
    done < <(PROGRAM __complete "${words[@]}" </dev/null 2>/dev/null)
    if [[ ${#lines[@]} -gt 0 && ${lines[${#lines[@]}-1]} == :* ]]; then
        directive=${lines[${#lines[@]}-1]#:}
        unset "lines[${#lines[@]}-1]"
    fi

    # What bash has split off before the word it replaces.
    local current=${words[${#words[@]}-1]} before=
    [[ $current == -*=* ]] && current=${current#*=}
    [[ $current == *:* ]] && before=${current%"${current##*:}"}

    COMPREPLY=()
    for line in "${lines[@]}"; do
        [[ $line == "$current"* ]] && COMPREPLY+=("${line#"$before"}")
    done
    if (( directive & 2 )); then
        compopt -o nospace 2>/dev/null
    fi
    if (( directive & 16 )); then
        compopt -o filenames 2>/dev/null
        while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -d -- "$current")
    elif (( (directive & 4) == 0 && ${#COMPREPLY[@]} == 0 )); then
        compopt -o filenames 2>/dev/null
        while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current")
    fi
}

complete -F _FUNCTION PROGRAM
