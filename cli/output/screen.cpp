// SPDX-License-Identifier: Apache-2.0
// How ncurses is asked.
#include "cli/output/screen.h"

#include <curses.h>

#include <clocale>
#include <cstdio>
#include <cstdlib>

namespace mirrorscope::cli {

namespace {
bool is_heading(const std::string& line) { return line.find("PID COMMAND") != std::string::npos; }
}  // namespace

Result<Screen> Screen::open() {
  std::setlocale(LC_CTYPE, "");  // names may have letters of any script
  SCREEN* screen = newterm(nullptr, stdout, stdin);
  if (!screen) return fail(0, "the terminal '", std::getenv("TERM") ? std::getenv("TERM") : "", "' is not known");
  Screen opened(screen);
  cbreak();
  noecho();
  nodelay(stdscr, TRUE);
  keypad(stdscr, TRUE);
  curs_set(0);
  return opened;
}

void Screen::Restore::operator()(void* screen) const {
  endwin();
  delscreen(static_cast<SCREEN*>(screen));
}

void Screen::draw(const std::vector<std::string>& lines, const std::string& bottom) {
  const int rows = getmaxy(stdscr), columns = getmaxx(stdscr);
  erase();
  for (int row = 0; row < rows - 1 && static_cast<size_t>(row) < lines.size(); ++row) {
    const std::string& line = lines[static_cast<size_t>(row)];
    const bool heading = is_heading(line);
    if (heading) attron(A_REVERSE);
    if (row == 0) attron(A_BOLD);
    mvaddnstr(row, 0, line.c_str(), columns);
    attroff(A_REVERSE | A_BOLD);
  }
  attron(A_DIM);
  mvaddnstr(rows - 1, 0, bottom.c_str(), columns - 1);
  attroff(A_DIM);
  refresh();
}

int Screen::key() {
  const int key = getch();
  return key == ERR ? 0 : key;
}

size_t Screen::height() const { return static_cast<size_t>(getmaxy(stdscr)); }

}  // namespace mirrorscope::cli
