# Completes PROGRAM in PowerShell. `kubectl` completes its plugins by itself: see `completion install-shim`.

Register-ArgumentCompleter -Native -CommandName 'PROGRAM' -ScriptBlock {
    param($WordToComplete, $CommandAst, $CursorPosition)
    $Words = @($CommandAst.CommandElements | Where-Object { $_.Extent.StartOffset -lt $CursorPosition } |
        Select-Object -Skip 1 | ForEach-Object { $_.Extent.Text })
    if ($WordToComplete -eq '') {
        # Before 7.3 an empty word is lost on its way to a program.
        $Words += if ($PSVersionTable.PSVersion -ge [version]'7.3') { '' } else { '""' }
    }
    $Flag = if ($WordToComplete -match '^-[^=]*=') { $Matches[0] } else { '' }
    $Lines = @(PROGRAM __complete @Words 2>$null | Where-Object { $_ -notmatch '^:\d+$' })
    foreach ($Line in $Lines) {
        $Word, $Description = $Line -split "`t", 2
        if (-not $Description) { $Description = $Word }
        [System.Management.Automation.CompletionResult]::new("$Flag$Word", $Word, 'ParameterValue', $Description)
    }
}
