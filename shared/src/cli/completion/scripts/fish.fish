# Completes PROGRAM in fish. `kubectl` completes its plugins by itself: see `completion install-shim`.

function _FUNCTION
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    set -l current (commandline --current-token --cut-at-cursor)
    set -l lines (PROGRAM __complete $words[2..-1] "$current" </dev/null 2>/dev/null)
    set -l directive 0
    if string match --quiet -- ':*' $lines[-1]
        set directive (string sub --start 2 -- $lines[-1])
        set --erase lines[-1]
    end
    # fish completes the whole word.
    set -l flag (string match --regex -- '^-[^=]*=' $current)
    for line in $lines
        echo -- "$flag$line"
    end
    set -l typed (string replace -- "$flag" '' $current)
    if test $directive -eq 16
        for path in (__fish_complete_directories "$typed")
            echo -- "$flag$path"
        end
    else if test $directive -eq 0; and test (count $lines) -eq 0
        for path in (__fish_complete_path "$typed")
            echo -- "$flag$path"
        end
    end
end

complete --command PROGRAM --no-files --arguments '(_FUNCTION)'
