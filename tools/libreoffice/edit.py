"""Edits spreadsheets in LibreOffice, as somebody does who opens a file, types in cells
and saves it in the format it has.

Reads jobs as JSON from standard input, [{"file": path, "edits": {"B7": "typed"}}], and
takes the folder of a private profile as its argument. Every file is written over.
"""
import json
import os
import pathlib
import subprocess
import sys
import time

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.lang import Locale
from com.sun.star.util import NotNumericException
from com.sun.star.util.NumberFormat import TEXT

# Fields by semicolon, text by double quotes, UTF-8, from line 1, Swedish, quotes where
# they are needed; then, opening: what looks like a number or a date is one; saving: cells
# are written as they are shown.
CSV = "59,34,76,1,,1053,false,true,false"


def value(name, v):
    return PropertyValue(name, 0, v, 0)


class Calc:
    """What is asked of the running program."""

    def __init__(self, context):
        make = context.ServiceManager.createInstanceWithContext
        self.desktop = make("com.sun.star.frame.Desktop", context)
        self.number_formatter = make("com.sun.star.util.NumberFormatter", context)


def desktop(profile):
    pipe = "fardplan-%d" % os.getpid()
    office = subprocess.Popen([
        "soffice", "--headless", "--norestore", "--nologo", "--nodefault",
        "-env:UserInstallation=" + pathlib.Path(profile).resolve().as_uri(), "--accept=pipe,name=%s;urp;" % pipe,
    ], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(240):
        if office.poll() is not None:
            sys.exit("LibreOffice ended with %d" % office.returncode)
        try:
            context = resolver.resolve("uno:pipe,name=%s;urp;StarOffice.ComponentContext" % pipe)
            return office, Calc(context)
        except NoConnectException:
            time.sleep(0.25)
    office.kill()
    sys.exit("LibreOffice did not answer within a minute")


def write(calc, document, cell, typed):
    """Types in a cell: in one of text it is text, and else a number or a date if it looks
    like one, shown as such."""
    formats = document.NumberFormats
    if not formats.getByKey(cell.NumberFormat).Type & TEXT:
        numbers = calc.number_formatter
        numbers.attachNumberFormatsSupplier(document)
        try:
            key = numbers.detectNumberFormat(formats.getStandardIndex(Locale("sv", "SE", "")), typed)
            cell.setValue(numbers.convertStringToNumber(key, typed))
            cell.NumberFormat = key
            return
        except NotNumericException:
            pass
    cell.setString(typed)


def edit(calc, job):
    url = pathlib.Path(job["file"]).resolve().as_uri()
    how = [value("Hidden", True)]
    if job["file"].endswith(".csv"):
        how += [value("FilterName", "Text - txt - csv (StarCalc)"), value("FilterOptions", CSV)]
        saving = [value("FilterName", "Text - txt - csv (StarCalc)"), value("FilterOptions", CSV)]
    else:
        saving = [value("FilterName", "Calc MS Excel 2007 XML")]
    document = calc.desktop.loadComponentFromURL(url, "_blank", 0, tuple(how))
    sheet = document.Sheets.getByIndex(0)
    for place, typed in job["edits"].items():
        write(calc, document, sheet.getCellRangeByName(place), typed)
    document.storeToURL(url, tuple(saving))
    document.close(True)


def main():
    jobs = json.load(sys.stdin)
    office, calc = desktop(sys.argv[1])
    try:
        for job in jobs:
            edit(calc, job)
    finally:
        try:
            calc.desktop.terminate()
        except Exception:  # it has gone
            pass
        office.wait(30)


main()
