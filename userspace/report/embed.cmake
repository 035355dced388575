# cmake -DIN=FILE -DOUT=FILE -P embed.cmake: the page as a C++ array.
file(READ ${IN} hex HEX)
string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${hex}")
string(REGEX REPLACE "(('..\\\\x..',|'\\\\x..',){24})" "\\1\n" bytes "${bytes}")
file(WRITE ${OUT} "#include \"report/page.hpp\"
namespace stray {
const char kReportPage[] = {
${bytes}
};
const std::size_t kReportPageSize = sizeof kReportPage;
}  // namespace stray
")
