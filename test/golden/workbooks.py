"""Golden workbooks of src/data/excel, by openpyxl and XlsxWriter. Run: python test/golden/workbooks.py"""

import datetime as dt
import os

import openpyxl
import xlsxwriter

folder = os.path.join(os.path.dirname(__file__), "workbooks")
os.makedirs(folder, exist_ok=True)

rows = [
    ["n", "x", "city", "ok", "when", "day", "twice"],
    [1, 0.1, "Zürich", True, dt.datetime(2024, 1, 2, 1, 0, 0), dt.date(2024, 1, 2), "=A2*2"],
    [2, None, 'a,"b"\nc', False, dt.datetime(2024, 1, 3, 23, 59, 59), dt.date(2024, 2, 29), "=A3*2"],
    [30, -1e3, "a & <b>", None, dt.datetime(1900, 3, 1, 13, 30, 0), None, "=A4*2"],
]

# openpyxl keeps no results of formulas; XlsxWriter keeps those that it is given.
book = openpyxl.Workbook()
sheet = book.active
sheet.title = "sales"
for row in rows:
    sheet.append(row[:6])
book.create_sheet("R&D \"notes\"").append(["only", "words"])
book.create_sheet("empty")
book.save(os.path.join(folder, "openpyxl.xlsx"))

for name, date_1904 in (("xlsxwriter.xlsx", False), ("epoch-1904.xlsx", True)):
    book = xlsxwriter.Workbook(os.path.join(folder, name), {"date_1904": date_1904})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    day = book.add_format({"num_format": "dd.mm.yyyy"})
    money = book.add_format({"num_format": "#,##0.00 €"})
    hidden = book.add_worksheet("lists")
    sheet = book.add_worksheet("sales")
    hidden.write(0, 0, "hidden")
    sheet.activate()
    hidden.hide()
    # A title's row and column stay empty: the table starts at C4.
    for r, row in enumerate(rows):
        if date_1904 and r == 3:
            row = row[:4] + [dt.datetime(1950, 3, 1, 13, 30, 0), None, row[6]]
        for c, cell in enumerate(row):
            at = (r + 3, c + 2)
            if isinstance(cell, dt.datetime):
                sheet.write_datetime(*at, cell, moment)
            elif isinstance(cell, dt.date):
                sheet.write_datetime(*at, cell, day)
            elif isinstance(cell, str) and cell.startswith("="):
                sheet.write_formula(*at, cell, None, row[0] * 2)
            elif isinstance(cell, float):
                sheet.write_number(*at, cell, money)
            elif cell is not None:
                sheet.write(*at, cell)
    sheet.write_formula(3, 9, '="err"', None, "err")
    sheet.write_formula(4, 9, "=1/0", None, "#DIV/0!")
    sheet.write(5, 9, 7)
    sheet.write(6, 9, 8)
    book.close()

print("openpyxl", openpyxl.__version__, "XlsxWriter", xlsxwriter.__version__)
