<#
.SYNOPSIS
Registers the tasks of Nachfass with the Windows Task Scheduler, under \Nachfass\. Running it again replaces them.

.DESCRIPTION
Every file in tasks\ becomes one task. Each runs as the given account whether or not somebody is logged on. The account
needs the right "Log on as a batch job", may read the folder of the mail files (also on another server), and may write
in the folder of Nachfass.

.EXAMPLE
.\register_tasks.ps1 -Root D:\Nachfass -Account (Get-Credential EXAMPLE\nachfass)
#>
[CmdletBinding()]
param(
    [string] $Root = (Resolve-Path (Join-Path $PSScriptRoot '..\..')).Path,
    [Parameter(Mandatory)] [pscredential] $Account
)
$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 3

foreach ($file in Get-ChildItem (Join-Path $PSScriptRoot 'tasks') -Filter '*.xml') {
    $xml = (Get-Content $file.FullName -Raw -Encoding UTF8).Replace('C:\Nachfass', [Security.SecurityElement]::Escape($Root))
    $task = @{
        TaskPath = '\Nachfass\'
        TaskName = $file.BaseName
        Xml      = $xml
        User     = $Account.UserName
        Password = $Account.GetNetworkCredential().Password
        Force    = $true
    }
    Register-ScheduledTask @task | Out-Null
    Write-Output "Registered $($file.BaseName)."
}
