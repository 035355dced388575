# cmake -DIN=FILE -DOUT=FILE -P embed.cmake: the beginning of plan.sh, without its first comment, as a C++ string.
file(READ ${IN} text)
string(REGEX REPLACE "^#![^\n]*\n#[^\n]*\n" "" text "${text}")
file(WRITE ${OUT} "#include \"plan/plan.hpp\"
namespace stray {
const char kPlanScript[] = R\"plan(${text})plan\";
}  // namespace stray
")
