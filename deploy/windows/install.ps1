<#
.SYNOPSIS
Installs the back office of Nachfass on a Windows Server, or brings it up to date after a new version was unpacked.

.DESCRIPTION
Run it as an administrator in the folder of Nachfass. It stops the tasks, installs the packages, backs the database up,
migrates it, checks the settings and registers the tasks again. It can be run as often as you like. When a step fails it
says so and leaves the tasks stopped: nothing is sent by a half-installed version.

.EXAMPLE
.\deploy\windows\install.ps1 -Account (Get-Credential EXAMPLE\nachfass)
#>
[CmdletBinding()]
param(
    [string] $Root = (Resolve-Path (Join-Path $PSScriptRoot '..\..')).Path,
    [Parameter(Mandatory)] [pscredential] $Account,
    [string] $Python = 'py'
)
$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 3
Set-Location $Root

function Invoke-Program {
    # Windows PowerShell goes on after a program that failed; an installation must not.
    param([string] $Program, [string[]] $Arguments)
    & $Program @Arguments
    if ($LASTEXITCODE -ne 0) {
        throw "$Program $Arguments ended with $LASTEXITCODE. Mend what it says above and run this script again."
    }
}

function Stop-Tasks {
    foreach ($task in @(Get-ScheduledTask -TaskPath '\Nachfass\' -ErrorAction SilentlyContinue)) {
        Disable-ScheduledTask -InputObject $task | Out-Null
        # A run that is under way may finish: a killed one leaves mails in doubt. The web server never finishes.
        if ($task.TaskName -eq 'web') { Stop-ScheduledTask -InputObject $task }
    }
    $deadline = (Get-Date).AddMinutes(15)
    while (@(Get-ScheduledTask -TaskPath '\Nachfass\' -ErrorAction SilentlyContinue | Where-Object State -eq 'Running')) {
        if ((Get-Date) -gt $deadline) { throw 'A task of Nachfass is still running after 15 minutes. End it, and run this script again.' }
        Start-Sleep -Seconds 2
    }
}

function Install-Packages {
    if (-not (Test-Path '.venv\Scripts\python.exe')) {
        Invoke-Program $Python @('-m', 'venv', '.venv')
    }
    Invoke-Program $VenvPython @('-c', 'import sys; sys.exit(sys.version_info < (3, 11) and "Nachfass needs Python 3.11 or newer.")')
    Invoke-Program $VenvPython @('-m', 'pip', 'install', '--quiet', '--require-hashes', '-r', 'requirements\office.txt')
}

function Protect-Settings {
    # The env file holds the keys: only administrators, the system and the service account may read it.
    $account = "$($Account.UserName):(R)"
    Invoke-Program 'icacls' @('.env', '/inheritance:r', '/grant:r', '*S-1-5-32-544:(F)', '*S-1-5-18:(F)', $account, '/q')
    New-Item -ItemType Directory -Force 'var', 'var\logs' | Out-Null
    Invoke-Program 'icacls' @('var', '/grant', "$($Account.UserName):(OI)(CI)(M)", '/q')
}

$VenvPython = Join-Path $Root '.venv\Scripts\python.exe'
Stop-Tasks
Install-Packages
if (-not (Test-Path '.env')) {
    Copy-Item '.env.example' '.env'
    Protect-Settings
    Invoke-Program $VenvPython @('manage.py', 'make_keys')
    Write-Output 'Put these keys into .env, fill in the other settings of the section "Office", and run this script again.'
    return
}
Protect-Settings
if (Test-Path 'var\office.sqlite3') { Invoke-Program $VenvPython @('manage.py', 'backup') }
foreach ($step in @('compile_catalogues'), @('migrate', '--no-input'), @('collectstatic', '--no-input'), @('check', '--deploy')) {
    Invoke-Program $VenvPython (@('manage.py') + $step)
}
& (Join-Path $PSScriptRoot 'register_tasks.ps1') -Root $Root -Account $Account
Start-ScheduledTask -TaskPath '\Nachfass\' -TaskName 'web'
Write-Output 'Nachfass runs. The back office answers on http://127.0.0.1:8000; put IIS with TLS in front of it (docs/install_office_windows.md).'
